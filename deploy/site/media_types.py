"""The Content-Type for each extension of a web site's files, pinned. Pure.

Not Python's `mimetypes`: it reads the machine's own tables, so a site would be served differently
depending on where it was deployed from. Types are those registered with IANA
(https://www.iana.org/assignments/media-types/), JavaScript's by RFC 9239, fonts' by RFC 8081, an
icon's as in https://mimesniff.spec.whatwg.org/#image-type-pattern-matching-algorithm.
"""

from collections.abc import Mapping

UNKNOWN = "application/octet-stream"

_TEXT = {
    "html": "text/html",
    "htm": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "cjs": "text/javascript",
    "txt": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "md": "text/markdown",
    "vtt": "text/vtt",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "xml": "application/xml",
    "xsl": "application/xml",
    "xhtml": "application/xhtml+xml",
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
}
# JSON is UTF-8 by definition and its type takes no charset (RFC 8259, section 11); SVG says its
# own in the XML declaration, UTF-8 if it has none.
_OTHERS = {
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "jsonld": "application/ld+json",
    "geojson": "application/geo+json",
    "topojson": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "apng": "image/apng",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "jxl": "image/jxl",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ico": "image/x-icon",
    "cur": "image/x-icon",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "ttc": "font/collection",
    "eot": "application/vnd.ms-fontobject",
    "wasm": "application/wasm",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "gz": "application/gzip",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mov": "video/quicktime",
    "ts": "video/mp2t",
    "m3u8": "application/vnd.apple.mpegurl",
    "mpd": "application/dash+xml",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "weba": "audio/webm",
    "gltf": "model/gltf+json",
    "glb": "model/gltf-binary",
    "obj": "model/obj",
    "stl": "model/stl",
    "usdz": "model/vnd.usdz+zip",
    "pbf": "application/vnd.mapbox-vector-tile",
    "mvt": "application/vnd.mapbox-vector-tile",
}
_NAMES = {  # files whose name says what they are, by convention or by RFC
    "apple-app-site-association": "application/json",
    "CNAME": "text/plain; charset=utf-8",
    "LICENSE": "text/plain; charset=utf-8",
}

TYPES: Mapping[str, str] = {
    **{extension: f"{name}; charset=utf-8" for extension, name in _TEXT.items()},
    **_OTHERS,
}
_PAGES = ("text/html", "application/xhtml+xml")


def content_type(key: str) -> str:
    """Return the Content-Type for a file's key, `application/octet-stream` if it is unknown."""
    name = key[key.rfind("/") + 1 :]
    _, dot, extension = name.rpartition(".")
    if not dot:
        return _NAMES.get(name, UNKNOWN)
    return TYPES.get(extension) or TYPES.get(extension.lower(), UNKNOWN)


def is_page(content_type: str) -> bool:
    """Say whether this is HTML, which names other files."""
    return content_type.startswith(_PAGES)
