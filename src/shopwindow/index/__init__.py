"""Item search: the rows with the largest inner product, exactly over any slice, approximately over the whole shop."""
