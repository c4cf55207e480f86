// Adds a file that is chosen or dropped, and shows how far its indexing is.

const form = document.querySelector("#add");
const line = document.querySelector("#progress");
const bar = document.querySelector("#bar");
const EVERY = 500; // milliseconds

async function follow() {
  const { state, done, total, detail } = await (await fetch("/corpus/progress")).json();
  bar.hidden = state !== "indexing";
  if (total) bar.value = done / total;
  if (detail) line.textContent = detail;
  if (state === "indexing") setTimeout(follow, EVERY);
  else if (state === "done") location.reload();
}

async function add() {
  line.textContent = line.dataset.adding;
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (response.ok) await follow();
    else line.textContent = (await response.json()).detail;
  } catch {
    line.textContent = line.dataset.failed;
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
