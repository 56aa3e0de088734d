"""Whether a file's name holds a hash of its content, as bundlers write it. Pure.

A hash that is not recognised costs a revalidation for each visit; a name that is mistaken for one
costs a year of staleness in browsers. So the rule asks for more the less it knows:

1. All below `_next/static/` and `_app/immutable/` is hashed: Next.js and SvelteKit promise it.
2. A hexadecimal hash of 8 to 64 digits, after "-", "." or "_" or alone (webpack, Parcel, Gatsby,
   Next.js), with both letters and digits. In other files than code it must also change between
   them twice: `cafe2024.jpg` is none. A UUID is none.
3. In a folder that bundlers write (`assets`, `static`, `_astro`, `_nuxt`, ...) the last 8
   characters, of base64url, after "-" or "." (Vite, Rollup, Rolldown, Astro), unless they look as
   if a person wrote them: a word, in any case or CamelCase; a number, a date or a size; a word
   with a number; in other files than code also several of these (`IMG_2041`, `my-photo`). People
   put such names there too: a bundler copies its `public/assets` there. Of random hashes this
   misses 8 in 1,000 for code and 13 in 1,000 for other files.
4. Elsewhere such 8 characters only of code and fonts, and only if they are jumbled: upper and
   lower case and digits (Rollup), or upper case and digits of base32 (esbuild, so Angular), that
   change often. `chunk-XXXXXXXX` is esbuild's in any case.

How the hashes are made: https://rollupjs.org/configuration-options/#output-hashcharacters,
https://esbuild.github.io/api/#entry-names,
https://webpack.js.org/configuration/output/#outputhashdigest.
"""

import re
from functools import lru_cache

# What stands behind a hash beside the extension.
_ENDS = (".gz", ".br", ".LICENSE.txt", ".map")
_MIDDLES = (".chunk", ".bundle")
_CODE = frozenset({"js", "mjs", "cjs", "css", "wasm", "woff", "woff2"})
_FOLDERS = re.compile(r"(?:^|/)(?:assets|static|_astro|_nuxt|_next|_app)(?:/|$)")
_PROMISED = re.compile(r"(?:^|/)(?:_next/static|_app/immutable)(?:/|$)")

_HEX_END = re.compile(r"[0-9a-f]{8}$")  # most names end otherwise: asked first
_HEX = re.compile(r"(?<![^-._])([0-9a-f]{8,64})$")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
_BASE64 = re.compile(r"(?<![^-.])([A-Za-z0-9_-]{8})$")
_BASE32 = re.compile(r"[A-Z2-7]{8}$")
_CHUNK = re.compile(r"chunk-[A-Z2-7]{8}$")

_WORD = r"(?:[a-z]+|[A-Z]+|[A-Z][a-z]+|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})+)"
_WRITTEN = re.compile(rf"{_WORD}|\d+|\d+x\d+|{_WORD}\d+|\d+{_WORD}")
_SEVERAL = re.compile(r"(?:[a-z]{2,}\d*|[A-Z]{2,}\d*|[A-Z][a-z]+\d*|\d+|\d+x\d+|v\d+)")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_RUNS = re.compile(r"[A-Z]+|[a-z]+|\d+|[-_]+")


def is_hashed(key: str) -> bool:
    """Say whether a file's name holds a hash of its content. Never true of HTML."""
    if key.endswith((".html", ".htm", ".xhtml")):
        return False
    folder, _, name = key.rpartition("/")
    promised, bundled = _told_by(folder)
    if promised:
        return True
    stem, extension = _split(name)
    code = extension in _CODE
    if _HEX_END.match(stem, max(0, len(stem) - 8)) and (found := _HEX.search(stem)):
        return _is_hex(found[1], code=code) and not _UUID.search(stem)
    found = _BASE64.search(stem, max(0, len(stem) - 9))
    if not found:
        return False
    if bundled:
        return not _is_written(found[1], code=code)
    return code and (_is_jumbled(found[1]) or _CHUNK.match(stem) is not None)


@lru_cache(maxsize=1024)
def _told_by(folder: str) -> tuple[bool, bool]:
    """Return whether all in a folder is hashed, and whether bundlers write there."""
    return _PROMISED.search(folder) is not None, _FOLDERS.search(folder) is not None


def _split(name: str) -> tuple[str, str]:
    """Return a file's name up to the hash, and the extension."""
    if name.endswith(_ENDS):
        for end in _ENDS:
            name = name.removesuffix(end)
    stem, _, extension = name.rpartition(".")
    if stem.endswith(_MIDDLES):
        for middle in _MIDDLES:
            stem = stem.removesuffix(middle)
    return stem, extension


def _is_hex(token: str, *, code: bool) -> bool:
    runs = len(_RUNS.findall(token))
    return runs > (1 if code else 2)


def _is_written(token: str, *, code: bool) -> bool:
    """Say whether a person may have written these 8 characters."""
    if _WRITTEN.fullmatch(token):
        letters = sum(map(str.isalpha, token))
        return letters < 5 or len(_VOWEL.findall(token)) > 1  # noqa: PLR2004 - such as IMG or Text
    if code:
        return False
    parts = token.replace("_", "-").split("-")
    return all(not part or _SEVERAL.fullmatch(part) for part in parts)


def _is_jumbled(token: str) -> bool:
    runs = len(_RUNS.findall(token))
    if _BASE32.match(token):
        return runs > 2  # noqa: PLR2004 - VERSION2 has two
    return runs > 4 and all(re.search(kind, token) for kind in ("[A-Z]", "[a-z]", "[0-9]"))  # noqa: PLR2004
