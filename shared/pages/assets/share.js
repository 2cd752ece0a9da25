// Shares a report's file by the device's own means, and copies its code and its address.
"use strict";
const box = document.getElementById("share");
if (box) {
  const note = box.querySelector("[role=status]");
  const { name, file, code, address } = box.dataset;
  const say = (text) => { note.textContent = text; };
  const share = box.querySelector("[data-share]");
  // Asked for beforehand: devices share only at once after a touch.
  let bytes = null;
  const made = () => new File([bytes], name, { type: "application/pdf" });
  if (navigator.share && navigator.canShare) {
    fetch(file).then((answer) => (answer.ok ? answer.arrayBuffer() : null)).then((read) => {
      bytes = read;
      if (bytes && navigator.canShare({ files: [made()] })) share.hidden = false;
    }).catch(() => { /* the download is there */ });
  }
  share.addEventListener("click", async () => {
    try {
      await navigator.share({ files: [made()], title: name, text: "核验：" + address });
    } catch (error) {
      if (error.name !== "AbortError") say("此设备不能分享文件，请下载后发送。");
    }
  });
  if (navigator.clipboard) {
    for (const button of box.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const what = button.dataset.copy === "code" ? code : address;
        try {
          await navigator.clipboard.writeText(what);
          say("已复制：" + what);
        } catch {
          say("无法复制，请长按选择：" + what);
        }
      });
    }
  }
}
