"""Where AWS's services answer, by region. Pure."""

# Services without regions sign for this one:
# https://docs.aws.amazon.com/general/latest/gr/rande.html#global-endpoints
GLOBAL = {"cloudfront": "us-east-1"}
# China has a CloudFront of its own:
# https://github.com/boto/botocore/blob/develop/botocore/data/endpoints.json
GLOBAL_IN_CHINA = {"cloudfront": "cn-northwest-1"}
# https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}


def suffix(region: str) -> str:
    """Return the domain of AWS in a region."""
    found = (suffix for start, suffix in SUFFIXES.items() if region.startswith(start))
    return next(found, "amazonaws.com")


def signing_region(service: str, region: str) -> str:
    """Return the region that requests to a service are signed for."""
    everywhere = GLOBAL_IN_CHINA if region.startswith("cn-") else GLOBAL
    return everywhere.get(service, region)


def url(service: str, region: str) -> str:
    """Return the URL of a service, with a slash at its end."""
    signed_for = signing_region(service, region)
    place = "" if signed_for == GLOBAL.get(service) else f".{signed_for}"
    return f"https://{service}{place}.{suffix(region)}/"
