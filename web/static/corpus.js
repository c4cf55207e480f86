// Adds a file that is chosen or dropped, and shows how far its indexing is.

const form = document.querySelector("#add");
const line = document.querySelector("#progress");
const bar = document.querySelector("#bar");
const EVERY = 500; // milliseconds

const wait = () => new Promise((wake) => setTimeout(wake, EVERY));

function say(text, failed = false) {
  line.textContent = text;
  line.classList.toggle("error", failed);
}

// Asks until it is told: a file that was taken is indexed whether or not the page hears of it.
async function get(path, type) {
  for (;;) {
    try {
      const response = await fetch(path, { headers: { Accept: type } });
      if (response.ok) return response;
    } catch {
      // Asked again below.
    }
    say(line.dataset.away, true);
    await wait();
  }
}

async function indexed() {
  for (;;) {
    const now = await (await get("/corpus/progress", "application/json")).json();
    bar.hidden = now.state !== "indexing";
    if (bar.hidden) return now;
    if (now.total) bar.value = now.done / now.total;
    say(now.detail);
    await wait();
  }
}

// The page as it is now, beneath the form and the focus in it.
async function renew() {
  const page = await (await get("/corpus", "text/html")).text();
  const now = new DOMParser().parseFromString(page, "text/html"); // runs no script
  document.querySelector("#held").replaceWith(now.querySelector("#held"));
  say(now.querySelector("#progress").textContent);
}

async function follow() {
  const { state, detail } = await indexed();
  if (state === "failed") say(detail, true);
  else await renew();
}

async function add() {
  say(line.dataset.adding);
  let taken;
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
    taken = await response.json();
    if (!response.ok) return say(taken.detail, true);
  } catch {
    return say(line.dataset.failed, true);
  }
  form.reset();
  return taken.before ? say(line.dataset.before) : follow();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  add();
});

// Anywhere on the page, since a file dropped beside the form would open in its place.
for (const moved of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(moved, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("over", moved === "dragover");
    if (moved !== "drop") return;
    form.elements.file.files = event.dataTransfer.files;
    if (form.reportValidity()) add();
  });
}

if (line.dataset.state === "indexing") follow();
