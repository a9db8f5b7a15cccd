"""The judge: says which promises a staged table keeps; the only room that knows Great Expectations."""
