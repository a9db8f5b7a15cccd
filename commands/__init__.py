"""The command line: each command asks the pipeline, and tells a person or a program what came of it."""
