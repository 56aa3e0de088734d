"""Names that hold a hash, and names that only look as if they did."""

import random
import string

import pytest

from deploy.site.hashed import is_hashed

BASE64 = string.ascii_letters + string.digits + "-_"
BASE32 = string.ascii_uppercase + "234567"
HEX = "0123456789abcdef"


@pytest.mark.parametrize(
    "key",
    [
        # Vite, with Rolldown and Rollup
        "assets/index-BfX3kq9a.js",
        "assets/AboutPage-Cvwq4IuV.css",
        "assets/page-U_jmftY3.js",
        "assets/rolldown-runtime-WkwZ5CU-.js",
        "assets/hero--BfX3kq9.webp",
        "assets/index-BfX3kq9a.js.map",
        "assets/index-BfX3kq9a.js.gz",
        "app/assets/index-BfX3kq9a.js",
        "assets/vendor.D4s_x-9Q.css",
        "vendor.D4s_x-9Q.css",
        "index-BfX3kq9a.js",
        # webpack, Create React App, Vue CLI
        "main.3f9a1c2b.js",
        "main.3f9a1c2b4d5e6f708192.js",
        "static/js/2.3f9a1c2b.chunk.js",
        "static/js/main.3f9a1c2b.js.LICENSE.txt",
        "static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg",
        "img/logo.82b9c7a5.png",
        # Gatsby, Parcel, Angular, Next.js, Astro, Nuxt, SvelteKit
        "app-3f9a1c2b4d5e6f7a8b9c.js",
        "index.4f3e2a1b.css",
        "styles.a1b2c3d4e5f60718.css",
        "chunk-FKZCTVLA.js",
        "main-PTR5MVP2.js",
        "_next/static/chunks/app/page.js",
        "_next/static/t0kEnOfBuild/_buildManifest.js",
        "_astro/index.D4s_x-9Q.css",
        "_nuxt/BfX3kq9a.js",
        "_app/immutable/entry/start.js",
    ],
)
def test_a_bundlers_name_is_recognised(key: str) -> None:
    assert is_hashed(key)


@pytest.mark.parametrize(
    "key",
    [
        "favicon.svg",
        "sw.js",
        "config.json",
        "jquery-slim.min.js",
        "jquery-3.7.1.min.js",
        "bootstrap.bundle.min.js",
        "component-Dashboard.js",
        "assets/component-Dashboard.js",
        "assets/page-Settings.js",
        "photo-20240101.jpg",
        "assets/photo-20240101.jpg",
        "icon-512x512.png",
        "assets/screen-1024x768.png",
        "report-december.pdf",
        "assets/report-december.pdf",
        "assets/hero-portrait.jpg",
        "assets/icon-DarkMode.svg",
        "assets/camera-IMG_2041.jpg",
        "assets/camera-DSC00123.jpg",
        "assets/party-birthday2.jpg",
        "assets/Inter-ExtraBold.woff2",
        "assets/Geist-SemiBold.woff2",
        "assets/roboto-v30-latin-700italic.woff2",
        "apple-touch-icon.png",
        "cafe2024.jpg",
        "assets/menu-cafe2024.jpg",
        "user-550e8400-e29b-41d4-a716-446655440abc.jpg",
        "lib-VERSION2.js",
        "data-Q3Summar.json",
        "archive-2024.10.01.zip",
    ],
)
def test_a_persons_name_is_not(key: str) -> None:
    assert not is_hashed(key)


@pytest.mark.parametrize("key", ["assets/index-BfX3kq9a.html", "_next/static/BfX3kq9a.htm"])
def test_html_never_is(key: str) -> None:
    assert not is_hashed(key)


@pytest.mark.parametrize(
    ("form", "alphabet", "length", "most_missed"),
    [
        ("assets/index-{}.js", BASE64, 8, 0.012),
        ("assets/photo-{}.webp", BASE64, 8, 0.02),
        ("main.{}.js", HEX, 20, 0.001),
        ("static/media/photo.{}.png", HEX, 32, 0.001),
        ("chunk-{}.js", BASE32, 8, 0.0),
    ],
)
def test_few_random_hashes_are_missed(
    form: str, alphabet: str, length: int, most_missed: float
) -> None:
    chance = random.Random(1)  # noqa: S311 - the same names each time
    count = 5000
    missed = sum(
        not is_hashed(form.format("".join(chance.choices(alphabet, k=length))))
        for _ in range(count)
    )
    assert missed / count <= most_missed
