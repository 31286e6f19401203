"""A real upstream Kubernetes on one node, in namespaces of its own.

The whole node lives below one supervisor process: containerd, etcd, the control plane, kubelet,
kube-proxy, CoreDNS and the volume provisioner. Ending that process leaves no process, mount or
interface behind. Inside, every path is below `/run/phaseline`, which is the workspace's
`<state>/cluster` bound to a short place.
"""
