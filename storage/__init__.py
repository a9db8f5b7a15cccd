"""Keep: folder and S3 stores, the name of every object, and the publish protocol."""
