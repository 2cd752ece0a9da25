// Shows the specimen anew while the template is edited.
"use strict";
const form = document.getElementById("template");
if (form) {
  const preview = form.querySelector("[value=preview]");
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(() => form.requestSubmit(preview), 800); };
  form.addEventListener("change", soon);
  form.requestSubmit(preview);
}
