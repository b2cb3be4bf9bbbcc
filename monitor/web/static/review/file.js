// A review as one file: the report and the chart library lie in the file itself.
// Text and tables are there before the browser has read the four megabytes of the chart library.
import { readMessages, useLanguage } from "../shared/messages.js";
import { showReview } from "./review.js";
import { drawTimeline } from "./timeline.js";

const review = JSON.parse(document.getElementById("report").textContent);
readMessages();
useLanguage([review.language]);
showReview(review);

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
