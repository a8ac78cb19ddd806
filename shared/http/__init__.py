"""HTTP conventions every service keeps: routes, problems, paging, entity tags, schemas."""
