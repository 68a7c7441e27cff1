// Hides rows of other jobs, and ticks of outcomes that are not ticked. Without it the page is all there, unfiltered.
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
  apply(); // a reload keeps what was chosen
  for (const box of document.querySelectorAll(".box")) box.scrollLeft = box.scrollWidth;
})();
