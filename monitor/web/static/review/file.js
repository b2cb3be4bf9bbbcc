// A review as one file: the report lies in the file itself.
import { readMessages, useLanguage } from "../shared/messages.js";
import { showReview } from "./review.js";

const review = JSON.parse(document.getElementById("report").textContent);
readMessages();
useLanguage([review.language]);
showReview(review);
