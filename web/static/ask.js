// Asks: a question is shown at once, then its progress, then its turn as the service rendered it;
// while the service is away or busy, the question waits and asks again. Without this script the
// same forms load a page.

const box = document.querySelector("#question");
const log = document.querySelector("#log");
const said = document.querySelector("#said");
const send = document.querySelector("#send");
const cancel = document.querySelector("#cancel");
const suggestions = document.querySelector("#suggestions");
const LONGEST_WAIT = 60; // seconds; a longer Retry-After is left to the reader
const WAITS = [2, 4, 8, 15, 30]; // seconds between tries while nothing answers
const LAST_QUESTION = ".turn:last-child .question";
const LENT = 10; // earlier turns that may lend words

let asking = null; // the turn on its way, or waiting: one at a time
let timer = null;
let tries = 0;

const copy = (id) => document.querySelector(id).content.firstElementChild.cloneNode(true);
const parse = (html) => new DOMParser().parseFromString(html, "text/html"); // runs no script
const questionOf = (turn) => turn.querySelector("[data-question]")?.textContent ?? "";

function earlier() {
  return [...log.querySelectorAll("[data-record]")].slice(-LENT).map((record) => {
    const { question, answer } = JSON.parse(record.content.textContent);
    return { question, answer: answer?.slice(0, 300) ?? null };
  });
}

function update() {
  send.hidden = asking !== null;
  cancel.hidden = asking === null;
  if (suggestions) suggestions.hidden = log.firstElementChild !== null;
}

function show(turn) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  turn.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
}

// A turn that sends itself, at the end or in the place of one that failed.
function ask(question, failed = null) {
  const turn = copy("#pending");
  const form = turn.querySelector("form");
  turn.querySelector("[data-question]").textContent = question;
  form.elements.question.value = question;
  form.elements.history.value = JSON.stringify(earlier());
  const within = failed?.contains(document.activeElement);
  if (failed) failed.replaceWith(turn);
  else log.append(turn);
  asking = turn;
  said.textContent = turn.querySelector("[data-progress]").textContent;
  htmx.process(turn);
  update();
  show(turn);
  if (within) cancel.focus({ preventScroll: true });
  form.requestSubmit();
}

function finish() {
  clearInterval(timer);
  asking = null;
  // On a touch screen a keyboard over the answer comes with the focus in the box.
  const rest = matchMedia("(pointer: fine)").matches ? box : log.querySelector(LAST_QUESTION);
  if (rest === box || document.activeElement === cancel) rest.focus({ preventScroll: true });
  update();
}

function waitAndAsk(turn, seconds) {
  asking = turn;
  const line = copy("#countdown");
  const shown = line.querySelector("[data-seconds]");
  let left = seconds;
  shown.textContent = left;
  (turn.querySelector(".answer") ?? turn).append(line);
  said.textContent = turn.querySelector(".error").textContent;
  clearInterval(timer);
  timer = setInterval(() => {
    left -= 1;
    shown.textContent = Math.max(left, 0);
    if (left <= 0) askAgain();
  }, 1000);
  update();
}

function askAgain() {
  clearInterval(timer);
  ask(questionOf(asking), asking);
}

function unreachable(turn) {
  turn.classList.add("away");
  turn.querySelector("[data-progress]").replaceWith(copy("#unreachable"));
  waitAndAsk(turn, WAITS[Math.min(tries, WAITS.length - 1)]);
  tries += 1;
}

function arrived(turn) {
  tries = 0;
  const seconds = Number.parseInt(turn.dataset.retryAfter, 10);
  if (seconds >= 0 && seconds <= LONGEST_WAIT) {
    waitAndAsk(turn, seconds);
    return;
  }
  said.textContent = turn.querySelector("[data-said]").dataset.said;
  if (turn.querySelector(".error")) box.value ||= questionOf(turn); // to be mended and sent again
  finish();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-ask]")) return;
  event.preventDefault();
  const chosen = event.submitter?.name === "question" ? event.submitter : form.elements.question;
  const question = chosen.value.trim();
  if (!question || asking) return;
  if (form.id === "ask") box.value = "";
  const pressed = event.submitter === document.activeElement;
  ask(question, form.matches("[data-again]") ? form.closest(".turn") : null);
  // The button that was pressed may be gone, and the focus with it.
  if (pressed) cancel.focus({ preventScroll: true });
});

document.addEventListener("htmx:beforeRequest", ({ detail: { elt, xhr } }) => {
  const progress = elt.closest(".pending")?.querySelector("[data-progress]");
  if (!progress) return;
  xhr.addEventListener("progress", () => {
    const last = [...parse(xhr.responseText).querySelectorAll(".progress")].at(-1);
    if (last) progress.replaceChildren(...last.childNodes);
  });
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  // Anything but a turn, such as a proxy's page, is no answer.
  if (detail.requestConfig.elt.closest(".pending")) {
    detail.shouldSwap = parse(detail.serverResponse).querySelector(".turn") !== null;
  }
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const turn = asking;
  if (!turn || detail.requestConfig.elt.closest(".turn") !== turn) return;
  if (turn.isConnected) unreachable(turn);
  else arrived(log.lastElementChild);
});

cancel.addEventListener("click", () => {
  const turn = asking;
  box.focus({ preventScroll: true });
  finish();
  const form = turn.querySelector("form[hx-post]");
  if (form) htmx.trigger(form, "htmx:abort");
  turn.remove();
  said.textContent = "";
  box.value ||= questionOf(turn);
  update();
});

addEventListener("online", () => {
  if (asking?.matches(".away")) askAgain();
});

box.addEventListener("keydown", (event) => {
  // An Enter that ends a Japanese conversion belongs to the input method (229 in Safari).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  box.form.requestSubmit();
});

new MutationObserver(update).observe(log, { childList: true });
update();
