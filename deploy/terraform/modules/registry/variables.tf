variable "name" {
  description = "Name of the repository."
  type        = string
}

variable "keep_images" {
  description = "How many of the newest images stay: rollback needs the last ones."
  type        = number
  default     = 30
}

variable "force_delete" {
  description = "Whether destroy deletes a repository that still has images."
  type        = bool
  default     = false
}
