"""A script as a stranger sends it -> sentences of words, each as written and as spoken.

`reader.read` is the way in. It goes through `markup` (Markdown and HTML out, lines told apart), `scan` with the
`shapes` of the language (numbers, dates, money, addresses, acronyms … as words) and `sentences`. A language is one file
or two in `languages/`; `languages/base.py` says how one is added. Imports nothing heavy, and compiles a pattern when a
text first asks for it: the command line checks requests with it.
"""
