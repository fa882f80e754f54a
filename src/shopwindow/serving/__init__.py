"""From a request to a page: context, sources, merge, scorer, policies. Frozen in between, one trace for all."""
