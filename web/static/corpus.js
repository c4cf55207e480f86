// Adds a file that is chosen or dropped, and shows how far its indexing is.

const form = document.querySelector("#add");
const line = document.querySelector("#progress");
const bar = document.querySelector("#bar");
const EVERY = 500; // milliseconds

function say(text, failed = false) {
  line.textContent = text;
  line.classList.toggle("error", failed);
}

async function indexed() {
  for (;;) {
    const now = await (await fetch("/corpus/progress")).json();
    bar.hidden = now.state !== "indexing";
    if (bar.hidden) return now;
    if (now.total) bar.value = now.done / now.total;
    say(now.detail);
    await new Promise((wake) => setTimeout(wake, EVERY));
  }
}

// The page as it is now, beneath the form and the focus in it.
async function renew() {
  const page = await (await fetch("/corpus", { headers: { Accept: "text/html" } })).text();
  const now = new DOMParser().parseFromString(page, "text/html"); // runs no script
  document.querySelector("#held").replaceWith(now.querySelector("#held"));
  say(now.querySelector("#progress").textContent);
  form.reset();
}

async function add() {
  say(line.dataset.adding);
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const { before, detail } = await response.json();
    if (!response.ok) return say(detail, true);
    if (before) return say(line.dataset.before);
    const { state, detail: reason } = await indexed();
    return state === "failed" ? say(reason, true) : await renew();
  } catch {
    return say(line.dataset.failed, true);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  add();
});
form.addEventListener("dragover", (event) => event.preventDefault());
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.elements.file.files = event.dataTransfer.files;
  if (form.reportValidity()) add();
});
