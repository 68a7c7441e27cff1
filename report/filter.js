// Hides the rows of other jobs, the ticks of unchecked outcomes, and the days without a tick that is shown.
// Without JavaScript the page shows everything.
(() => {
  const form = document.querySelector("form.filter");
  document.documentElement.classList.add("js");
  const apply = () => {
    const job = form.elements.job.value;
    const boxes = [...form.querySelectorAll("input:not(:checked)")];
    const unwanted = new Set(boxes.map((box) => box.value));
    for (const one of document.querySelectorAll("[data-job]")) one.hidden = job !== "" && one.dataset.job !== job;
    for (const one of document.querySelectorAll("[data-outcome]")) one.hidden = unwanted.has(one.dataset.outcome);
    for (const day of document.querySelectorAll(".day")) day.hidden = !day.querySelector(".tick:not([hidden])");
  };
  form.addEventListener("change", apply);
  apply(); // a reload keeps the chosen filter
  for (const box of document.querySelectorAll(".box")) {
    const now = box.querySelector(".now").getBoundingClientRect().left - box.getBoundingClientRect().left;
    box.scrollLeft += now - box.clientWidth * 0.85; // where the chart is wider than the screen, the latest ticks are seen
  }
})();
