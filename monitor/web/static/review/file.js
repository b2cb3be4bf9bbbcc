// A review as one file: the report and the chart library lie in the file itself.
// Text and tables are there before the browser has read the four megabytes of the chart library.
import { showReview } from "./review.js";
import { drawTimeline } from "./timeline.js";

showReview(JSON.parse(document.getElementById("report").textContent));

addEventListener("DOMContentLoaded", () =>
  requestAnimationFrame(() =>
    setTimeout(() => {
      const library = document.createElement("script");
      library.textContent = document.getElementById("plotly").textContent;
      document.head.append(library);
      drawTimeline();
    }),
  ),
);
