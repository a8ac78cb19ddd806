"""The proof of `GET /v1/tasks`: who may take a step finds it waiting, who may not never does."""
