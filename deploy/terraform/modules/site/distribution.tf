locals {
  bucket_origin  = "bucket"
  backend_origin = "backend"

  # AWS: at most 64 characters.
  short_name = length(var.name) <= 64 ? var.name : "${substr(var.name, 0, 57)}-${substr(sha1(var.name), 0, 6)}"

  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
  caching_disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
  all_viewer = "216adef6-5c7f-47e4-b989-5492eafa07d3"
}

resource "aws_cloudfront_origin_access_control" "main" {
  name                              = local.short_name
  description                       = "Only ${var.name}'s distribution reads its bucket"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "router" {
  name    = local.short_name
  comment = "Which object of ${var.name} answers a path"
  runtime = "cloudfront-js-2.0"
  code    = templatefile("${path.module}/router.js", { single_page = var.single_page })
}

# `no-cache` objects stay at the edge for the minimum, a minute, unless they are invalidated.
resource "aws_cloudfront_cache_policy" "main" {
  name        = var.name
  comment     = "By path alone, for as long as Cache-Control says"
  min_ttl     = 60
  default_ttl = 86400
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# S3 sends none of these; where the backend does, its own are the ones that count, but for two that
# nobody needs to loosen.
resource "aws_cloudfront_response_headers_policy" "main" {
  #checkov:skip=CKV_AWS_259: subdomains and the preload list are the domain's owner's to decide
  name    = var.name
  comment = "Security headers of ${var.name}"

  security_headers_config {
    content_security_policy {
      content_security_policy = var.content_security_policy
      override                = false
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = false
    }

    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = false
    }

    dynamic "strict_transport_security" {
      for_each = var.hsts_seconds > 0 ? [var.hsts_seconds] : []

      content {
        access_control_max_age_sec = strict_transport_security.value
        override                   = true
      }
    }
  }

  # Windows that the page opens (to sign in elsewhere) still know it; who opens the page does not.
  custom_headers_config {
    items {
      header   = "Cross-Origin-Opener-Policy"
      value    = "same-origin-allow-popups"
      override = false
    }
  }

  # What S3 tells of the bucket.
  remove_headers_config {
    dynamic "items" {
      for_each = toset(["Server", "X-Amz-Server-Side-Encryption", "X-Amz-Version-Id"])

      content {
        header = items.value
      }
    }
  }
}

# No error response has a page of its own: it would turn the backend's 404s into pages. router.js
# does what a single-page application needs, and only for paths of the bucket.
resource "aws_cloudfront_distribution" "main" {
  #checkov:skip=CKV_AWS_34: redirect-to-https, unless a local cloud asks for less
  #checkov:skip=CKV_AWS_68: a web application firewall costs money; attach one where it is needed
  #checkov:skip=CKV2_AWS_47: a web application firewall costs money; attach one where it is needed
  #checkov:skip=CKV_AWS_86: access logs need a bucket and cost money; add them where an audit asks
  #checkov:skip=CKV_AWS_174: CloudFront's own certificate allows no minimum; one of a domain gets TLSv1.2_2021
  #checkov:skip=CKV2_AWS_42: without a domain there is no certificate but CloudFront's own
  #checkov:skip=CKV_AWS_310: S3 spans three zones; a second bucket would need every release twice
  #checkov:skip=CKV_AWS_374: the site is for everybody
  comment             = var.name
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.price_class
  default_root_object = "index.html"
  aliases             = var.domain == null ? [] : [var.domain.name]
  wait_for_deployment = var.wait_for_deployment
  tags                = var.tags

  origin {
    origin_id                = local.bucket_origin
    domain_name              = module.bucket.domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.main.id
  }

  origin {
    origin_id   = local.backend_origin
    domain_name = var.backend.host

    custom_origin_config {
      origin_protocol_policy   = var.backend.https ? "https-only" : "http-only"
      http_port                = var.backend.https ? 80 : var.backend.port
      https_port               = var.backend.https ? var.backend.port : 443
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = 60 # between two packets: what server-sent events may pause
      origin_keepalive_timeout = 30 # below the load balancer's own 60
    }
  }

  default_cache_behavior {
    target_origin_id           = local.bucket_origin
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    viewer_protocol_policy     = var.viewer_protocol_policy
    cache_policy_id            = aws_cloudfront_cache_policy.main.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.main.id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.router.arn
    }
  }

  # All headers, the viewer's Host too: the backend sees the name that the browser sees, so its links
  # and its checks of Origin are right without a list of names. WebSockets need their headers as well.
  ordered_cache_behavior {
    path_pattern               = "/api/*"
    target_origin_id           = local.backend_origin
    allowed_methods            = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = false # nothing is, where nothing is cached
    viewer_protocol_policy     = var.viewer_protocol_policy
    cache_policy_id            = local.caching_disabled
    origin_request_policy_id   = local.all_viewer
    response_headers_policy_id = aws_cloudfront_response_headers_policy.main.id
  }

  # CloudFront keeps these for 10 s, where nothing else is kept too: a 404 of the API would outlive
  # the creation of what was not there, and a 503 the deploy that caused it.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
  dynamic "custom_error_response" {
    for_each = [404, 500, 501, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  # https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html
  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = try(var.domain.certificate_arn, null)
    ssl_support_method             = var.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
  }
}
