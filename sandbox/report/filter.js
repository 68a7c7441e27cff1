// Hides the rows of other jobs and the ticks of unchecked outcomes. Without JavaScript the page shows everything.
(() => {
  const form = document.querySelector("form.filter");
  document.documentElement.classList.add("js");
  const apply = () => {
    const job = form.elements.job.value;
    const boxes = [...form.querySelectorAll("input:not(:checked)")];
    const unwanted = new Set(boxes.map((box) => box.value));
    for (const one of document.querySelectorAll("[data-job]")) one.hidden = job !== "" && one.dataset.job !== job;
    for (const one of document.querySelectorAll("[data-outcome]")) one.hidden = unwanted.has(one.dataset.outcome);
  };
  form.addEventListener("change", apply);
  apply(); // a reload keeps the chosen filter
  for (const box of document.querySelectorAll(".box")) box.scrollLeft = box.scrollWidth;
})();
