variable "vsphere_server" {
  type        = string
  description = "Address of vCenter. User and password come from VSPHERE_USER and VSPHERE_PASSWORD."
}

variable "datacenter" {
  type = string
}

variable "cluster" {
  type        = string
  description = "Compute cluster that gets the machines."
}

variable "datastore" {
  type = string
}

variable "portgroup" {
  type        = string
  description = "Network of the machines; they must reach the Controller from it."
}

variable "template" {
  type        = string
  description = "Template that was made of clusterimage-r-vX.Y.Z.ova."
}

variable "machines_file" {
  type        = string
  default     = "machines.csv"
  description = "A line for each machine: edge_name, address with prefix length, gateway."
}

variable "passphrase_file" {
  type = string
}

variable "credentials_file" {
  type = string
}

variable "ssh_public_key" {
  type = string
}

variable "ssh_from" {
  type        = list(string)
  description = "Networks that may use ssh."
}

variable "nameservers" {
  type = list(string)
}

variable "ntp_servers" {
  type = list(string)
}

variable "proxy" {
  type    = string
  default = ""
}

variable "interface" {
  type        = string
  default     = "ens192"
  description = "Name of the first VMXNET3 card in the machines."
}

variable "processors" {
  type    = number
  default = 2
}

variable "memory_mib" {
  type    = number
  default = 4096
}

variable "disk_gib" {
  type        = number
  default     = 40
  description = "The root file system grows to it at the first boot. Not smaller than the disk of the template."
}
