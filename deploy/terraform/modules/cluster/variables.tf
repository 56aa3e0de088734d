variable "name" {
  description = "Prefix of every name, such as shipway-demo-local."
  type        = string
}

variable "vpc_id" {
  description = "The VPC of the load balancer."
  type        = string
}

variable "egress_cidrs" {
  description = "What the load balancer may open connections to: the addresses of the tasks."
  type        = list(string)
}

variable "subnet_ids" {
  description = "Public subnets in two zones, for the load balancer."
  type        = list(string)
}

variable "http_port" {
  description = "Port of the plain listener."
  type        = number
  default     = 80
}

variable "certificate_arn" {
  description = "ACM certificate. With one, port 443 serves and the plain listener redirects to it."
  type        = string
  default     = null
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "only_cloudfront" {
  description = "Whether nobody but CloudFront may reach the load balancer: instead of allowed_cidrs."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
  default     = false
}

variable "container_insights" {
  description = "CloudWatch Container Insights (it costs money per metric): enabled or disabled."
  type        = string
  default     = "disabled"
}
