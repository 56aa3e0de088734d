data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394: the first two by name are taken; a region's new zones come after them
  state = "available"

  filter { # local zones and wavelength zones have no Fargate
    name   = "zone-type"
    values = ["availability-zone"]
  }
}

data "aws_region" "current" {}

locals {
  zones    = slice(sort(data.aws_availability_zones.available.names), 0, 2)
  gateways = { none = 0, single = 1, per_az = 2 }[var.nat]
}

resource "aws_vpc" "main" {
  #checkov:skip=CKV2_AWS_11: flow logs cost money per GB; turn them on where an audit asks for them
  cidr_block           = var.cidr
  enable_dns_hostnames = var.dns_hostnames
  enable_dns_support   = true

  tags = { Name = var.name }
}

# Without a rule nothing that forgets its security group is reachable, or reaches anything.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.main.id

  tags = { Name = "${var.name}-closed" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  count = 2

  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(var.cidr, 4, count.index)
  availability_zone = local.zones[count.index]

  tags = { Name = "${var.name}-public-${local.zones[count.index]}" }
}

resource "aws_subnet" "private" {
  count = 2

  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(var.cidr, 4, 8 + count.index)
  availability_zone = local.zones[count.index]

  tags = { Name = "${var.name}-private-${local.zones[count.index]}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }

  tags = { Name = "${var.name}-public" }
}

resource "aws_route_table_association" "public" {
  count = 2

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_eip" "nat" {
  count = local.gateways

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${local.zones[count.index]}" }
}

resource "aws_nat_gateway" "main" {
  count = local.gateways

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id

  tags = { Name = "${var.name}-${local.zones[count.index]}" }

  depends_on = [aws_internet_gateway.main]
}

resource "aws_route_table" "private" {
  count = 2

  vpc_id = aws_vpc.main.id

  dynamic "route" {
    for_each = local.gateways == 0 ? [] : [min(count.index, local.gateways - 1)]

    content {
      cidr_block     = "0.0.0.0/0"
      nat_gateway_id = aws_nat_gateway.main[route.value].id
    }
  }

  tags = { Name = "${var.name}-private-${local.zones[count.index]}" }
}

resource "aws_route_table_association" "private" {
  count = 2

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}

# ECR serves layers from S3: over this endpoint, which is free, they don't pay the NAT's price per GB.
resource "aws_vpc_endpoint" "s3" {
  count = local.gateways == 0 ? 0 : 1

  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id

  tags = { Name = "${var.name}-s3" }
}
