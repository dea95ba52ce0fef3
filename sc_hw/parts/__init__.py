"""Components that plastic and trained layers share."""
