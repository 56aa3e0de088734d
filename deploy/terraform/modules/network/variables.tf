variable "name" {
  description = "Prefix of every name, such as shipway-demo-local."
  type        = string
}

variable "cidr" {
  description = "Address block of the VPC: four /24 or larger subnets are cut out of it."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr)) && tonumber(split("/", var.cidr)[1]) <= 20
    error_message = "cidr must be an IPv4 block of /20 or larger, such as 10.20.0.0/16."
  }
}

variable "nat" {
  description = "NAT gateways: none (tasks get public addresses), single (one), per_az (one in each zone)."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "single", "per_az"], var.nat)
    error_message = "nat must be one of none, single, per_az."
  }
}

variable "dns_hostnames" {
  description = "Whether addresses in the VPC get names; Terraform waits ten seconds for it."
  type        = bool
  default     = true
}
