variable "name" {
  description = "The site's full name, such as shipway-demo-local-frontend: of all that is made, or its prefix."
  type        = string
}

variable "single_page" {
  description = "Whether index.html answers each path without an extension; else each folder has its own."
  type        = bool
}

variable "keep" {
  description = "What the bucket's lifecycle must leave alone: as many releases, and all younger than so many days."
  type        = object({ releases = number, days = number })
  default     = { releases = 3, days = 7 }
  nullable    = false
}

variable "backend" {
  description = "What answers /api/*: the load balancer. With `https`, its certificate must have the name `host`."
  type        = object({ host = string, port = number, https = bool })
}

variable "domain" {
  description = "The site's own name and its ACM certificate, which must be in us-east-1; null for CloudFront's name."
  type        = object({ name = string, certificate_arn = string })
  default     = null

  validation {
    condition     = startswith(try(var.domain.certificate_arn, "arn:aws:acm:us-east-1:"), "arn:aws:acm:us-east-1:")
    error_message = "CloudFront takes certificates from us-east-1 only: request one there."
  }
}

variable "viewer_protocol_policy" {
  description = "What plain HTTP gets: redirect-to-https, or allow-all where there is no HTTPS."
  type        = string
  default     = "redirect-to-https"
  nullable    = false
}

variable "hsts_seconds" {
  description = "For how long browsers keep to HTTPS; 0 where there is no HTTPS."
  type        = number
  default     = 31536000
  nullable    = false
}

variable "content_security_policy" {
  description = "What a page may load. The default suits a Vite build, whose small images are data: URLs."
  type        = string
  default     = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
  nullable    = false
}

variable "price_class" {
  description = "Where CloudFront serves from: PriceClass_100 (North America, Europe), PriceClass_200, PriceClass_All."
  type        = string
  default     = "PriceClass_100"
  nullable    = false
}

variable "wait_for_deployment" {
  description = "Whether an apply ends only when every edge has the change: some minutes."
  type        = bool
  default     = true
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroy deletes a bucket that still has objects."
  type        = bool
  default     = false
}

variable "tags" {
  description = "More tags of the distribution."
  type        = map(string)
  default     = {}
}
