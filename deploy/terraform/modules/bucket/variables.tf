variable "name" {
  description = "The bucket's full name."
  type        = string
}

variable "force_destroy" {
  description = "Whether destroy deletes a bucket that still has objects."
  type        = bool
  default     = false
}

variable "old_versions" {
  description = "When the lifecycle's rule takes a version away: so many days after a newer one came, and if as many newer ones are kept."
  type        = object({ rule = string, days = number, keep = optional(number) })
}

variable "policies" {
  description = "Policy documents, as JSON, whose statements the bucket's policy has besides its own."
  type        = list(string)
  default     = []
}
