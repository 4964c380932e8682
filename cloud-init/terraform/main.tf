terraform {
  required_version = ">= 1.3"
  required_providers {
    vsphere = {
      source  = "hashicorp/vsphere"
      version = ">= 2.6"
    }
  }
}

provider "vsphere" {
  vsphere_server = var.vsphere_server
}

locals {
  machines  = { for one in csvdecode(file(var.machines_file)) : one.edge_name => one }
  templates = "${path.module}/../vsphere-guestinfo"

  # Lists stand in YAML as 'a', 'b'.
  listed = {
    ssh_from    = join(", ", formatlist("'%s'", var.ssh_from))
    nameservers = join(", ", formatlist("'%s'", var.nameservers))
    ntp_servers = join(", ", formatlist("'%s'", var.ntp_servers))
  }

  values = {
    for name, one in local.machines : name => merge(local.listed, {
      edge_name          = name
      instance_id        = name
      hostname           = lower(name)
      interface          = var.interface
      dhcp4              = "false"
      address            = one.address
      everywhere         = "0.0.0.0/0"
      gateway            = one.gateway
      proxy              = var.proxy
      ssh_key            = trimspace(var.ssh_public_key)
      data_disk          = ""
      passphrase_base64  = base64encode(trimspace(file(var.passphrase_file)))
      credentials_base64 = filebase64(var.credentials_file)
    })
  }
}

data "vsphere_datacenter" "site" {
  name = var.datacenter
}

data "vsphere_compute_cluster" "site" {
  name          = var.cluster
  datacenter_id = data.vsphere_datacenter.site.id
}

data "vsphere_datastore" "site" {
  name          = var.datastore
  datacenter_id = data.vsphere_datacenter.site.id
}

data "vsphere_network" "site" {
  name          = var.portgroup
  datacenter_id = data.vsphere_datacenter.site.id
}

data "vsphere_virtual_machine" "template" {
  name          = var.template
  datacenter_id = data.vsphere_datacenter.site.id
}

resource "vsphere_virtual_machine" "edge" {
  for_each         = local.machines
  name             = each.key
  resource_pool_id = data.vsphere_compute_cluster.site.resource_pool_id
  datastore_id     = data.vsphere_datastore.site.id
  guest_id         = data.vsphere_virtual_machine.template.guest_id
  scsi_type        = data.vsphere_virtual_machine.template.scsi_type
  num_cpus         = var.processors
  memory           = var.memory_mib

  # A machine without DHCP, or that waits for approval, is no failure of its deployment.
  wait_for_guest_net_timeout = 0
  wait_for_guest_ip_timeout  = 0

  network_interface {
    network_id   = data.vsphere_network.site.id
    adapter_type = "vmxnet3"
  }

  disk {
    label            = "system"
    size             = var.disk_gib
    thin_provisioned = true
  }

  clone {
    template_uuid = data.vsphere_virtual_machine.template.id
  }

  extra_config = {
    "guestinfo.metadata"          = base64encode(templatefile("${local.templates}/metadata", local.values[each.key]))
    "guestinfo.metadata.encoding" = "base64"
    "guestinfo.userdata"          = base64encode(templatefile("${local.templates}/userdata", local.values[each.key]))
    "guestinfo.userdata.encoding" = "base64"
  }

  lifecycle {
    # The machine blanks its user-data when it has read it.
    ignore_changes = [extra_config]
  }
}
