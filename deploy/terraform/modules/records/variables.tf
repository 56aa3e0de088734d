variable "name" {
  description = "The first part of the bucket's name, such as my-project-prod."
  type        = string
}

variable "force_destroy" {
  description = "Whether destroy also deletes the records."
  type        = bool
  default     = false
}
