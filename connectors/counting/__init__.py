"""How many records a received file holds, and whether it is whole: by its structure alone, in bounded memory.

These counts are held against the source's own before anything is landed; what the records say is read later,
and by other code (transforms/decode).
"""
