"""The contract between the two halves: what the site's types know of the backend's API.

A folder of its own for the generator, because it needs a TypeScript that still has a JavaScript
API, and the site is checked by one that hasn't.
"""
