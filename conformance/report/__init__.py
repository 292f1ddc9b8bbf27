"""The result of a run as plain data, and the views that are drawn from it."""
