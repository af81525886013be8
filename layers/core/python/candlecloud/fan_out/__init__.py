"""One mechanism for work that is cut into batches: what a kind says, the plan, a batch's result, the collection."""
