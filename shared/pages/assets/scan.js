// Reads the QR code of a report, or one that a subject shows, with the camera: the browser's own reader where it has one, else
// pictures of the camera are made small and read by the site, which keeps none of them.
"use strict";
const form = document.getElementById("scan");
const live = document.getElementById("live");
const note = document.getElementById("scan-note");
const small = async (source, width, height) => {
  const scale = Math.min(1, 1280 / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
};
const ask = async (picture) => {
  const body = new FormData();
  body.append("csrf", form.elements.csrf.value);
  body.append("picture", picture, "picture.jpg");
  const answer = await fetch("/portal/scan", { method: "POST", body, headers: { accept: "application/json" } });
  return answer.ok ? (await answer.json()).address : null;
};
// Whatever a QR code says, only a code of ours is gone to.
const addressIn = (text) => {
  const match = /(?:\/(verify|living)\/|^)([0-9A-Za-z-]{21,26})$/.exec(text.trim());
  return match ? "/" + (match[1] || "verify") + "/" + encodeURIComponent(match[2]) : null;
};
const found = (address) => window.location.assign(address);
if (form) {
  const input = form.elements.picture;
  input.addEventListener("change", async () => {
    if (!input.files[0]) return;
    note.textContent = "正在识别…";
    try {
      const picture = await createImageBitmap(input.files[0]);
      const address = await ask(await small(picture, picture.width, picture.height));
      if (address) found(address);
      else note.textContent = "没有识别到二维码，请靠近一些、对准后再拍一张。";
    } catch {
      note.textContent = "无法读取这张照片，请换一张。";
    }
  });
}
if (live && navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
  live.hidden = false;
  const video = live.querySelector("video");
  live.querySelector("button").addEventListener("click", async () => {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      note.textContent = "无法打开相机。请允许使用相机，或改用拍照。";
      return;
    }
    video.hidden = false;
    video.srcObject = stream;
    await video.play();
    note.textContent = "请把报告首页的二维码或对方的信用码对准镜头。";
    const reader = "BarcodeDetector" in window ? new window.BarcodeDetector({ formats: ["qr_code"] }) : null;
    const stop = () => stream.getTracks().forEach((track) => track.stop());
    window.addEventListener("pagehide", stop);
    const look = async () => {
      let address = null;
      try {
        if (reader) {
          const codes = await reader.detect(video);
          address = codes.map((one) => addressIn(one.rawValue)).find(Boolean) || null;
        } else if (video.videoWidth) {
          address = await ask(await small(video, video.videoWidth, video.videoHeight));
        }
      } catch { /* the next picture may do */ }
      if (address) { stop(); found(address); } else { setTimeout(look, reader ? 250 : 1200); }
    };
    look();
  });
}
