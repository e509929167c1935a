// The paths that runtimes give to the cgroups of their containers, and those that only look like them.

#include "enrich/container.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace tcptrail::enrich {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kOther = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
const std::string kPod = "01234567-89ab-cdef-0123-456789abcdef";
const std::string kPodInSlice = "01234567_89ab_cdef_0123_456789abcdef";
const std::string kStaticPod = "0123456789abcdef0123456789abcdef";

struct Sample {
  std::string path;
  model::Container container;
};

std::ostream& operator<<(std::ostream& out, const Sample& sample) { return out << sample.path; }

class ContainerPathTest : public testing::TestWithParam<Sample> {};

TEST_P(ContainerPathTest, NamesTheContainer) {
  const auto found = container_of(GetParam().path);

  ASSERT_TRUE(found);
  const model::Container& wanted = GetParam().container;
  EXPECT_EQ(found->id, wanted.id);
  EXPECT_EQ(found->runtime, wanted.runtime);
  EXPECT_EQ(found->name, wanted.name);
  EXPECT_EQ(found->pod_uid, wanted.pod_uid);
}

INSTANTIATE_TEST_SUITE_P(
    Docker, ContainerPathTest,
    testing::Values(Sample{"/docker/" + kId, {kId, "docker", "", ""}},
                    Sample{"/system.slice/docker-" + kId + ".scope", {kId, "docker", "", ""}},
                    Sample{"/system.slice/docker-" + kId + ".scope/init.scope", {kId, "docker", "", ""}},
                    Sample{
                        "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + kId + ".scope",
                        {kId, "docker", "", ""}},
                    Sample{"/../../system.slice/docker-" + kId + ".scope", {kId, "docker", "", ""}}));

INSTANTIATE_TEST_SUITE_P(
    Kubernetes, ContainerPathTest,
    testing::Values(Sample{"/kubepods/besteffort/pod" + kPod + "/" + kId, {kId, "", "", kPod}},
                    Sample{"/kubepods/pod" + kStaticPod + "/" + kId, {kId, "", "", kStaticPod}},
                    Sample{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kPodInSlice +
                               ".slice/cri-containerd-" + kId + ".scope",
                           {kId, "containerd", "", kPod}},
                    Sample{"/kubepods.slice/kubepods-pod" + kPodInSlice + ".slice/docker-" + kId + ".scope",
                           {kId, "docker", "", kPod}},
                    Sample{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + kPodInSlice +
                               ".slice/crio-" + kId + ".scope",
                           {kId, "cri-o", "", kPod}},
                    Sample{"/kubepods/burstable/pod" + kPod + "/crio-" + kId, {kId, "cri-o", "", kPod}},
                    Sample{"/system.slice/containerd.service/kubepods-burstable-pod" + kPodInSlice +
                               ".slice:cri-containerd:" + kId,
                           {kId, "containerd", "", kPod}},
                    Sample{"/kubelet/kubepods/burstable/pod" + kPod + "/" + kId, {kId, "", "", kPod}},
                    // kind: a cluster within Docker; the innermost is who acts.
                    Sample{
                        "/system.slice/docker-" + kOther +
                            ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
                            "kubelet-kubepods-besteffort-pod" +
                            kPodInSlice + ".slice/cri-containerd-" + kId + ".scope",
                        {kId, "containerd", "", kPod}}));

INSTANTIATE_TEST_SUITE_P(
    Others, ContainerPathTest,
    testing::Values(
        Sample{"/machine.slice/libpod-" + kId + ".scope", {kId, "podman", "", ""}},
        Sample{"/machine.slice/libpod-" + kId + ".scope/container", {kId, "podman", "", ""}},
        // Quadlet: in the cgroup of the service that runs it.
        Sample{"/system.slice/web.service/libpod-payload-" + kId, {kId, "podman", "", ""}},
        Sample{"/user.slice/user-1000.slice/user@1000.service/app.slice/web.service/libpod-payload-" + kId,
               {kId, "podman", "", ""}},
        Sample{"/libpod_parent/libpod-" + kId, {kId, "podman", "", ""}},
        Sample{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope",
               {kId, "podman", "", ""}},
        Sample{"/ecs/0f9e8d7c/" + kId, {kId, "", "", ""}}, Sample{"/default/" + kId, {kId, "", "", ""}},
        Sample{"/system.slice/nerdctl-" + kId + ".scope", {kId, "containerd", "", ""}},
        Sample{"/machine.slice/systemd-nspawn@web\\x2d1.service/payload",
               {"web-1", "systemd-nspawn", "web-1", ""}},
        Sample{"/machine.slice/machine-web.scope", {"web", "systemd-nspawn", "web", ""}},
        Sample{"/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope", {"web", "libvirt-lxc", "web", ""}},
        Sample{"/lxc/web/init.scope", {"web", "lxc", "web", ""}},
        Sample{"/lxc.payload.web/system.slice/ssh.service", {"web", "lxc", "web", ""}},
        Sample{"/lxc.payload/web", {"web", "lxc", "web", ""}}));

class NoContainerTest : public testing::TestWithParam<std::string> {};

TEST_P(NoContainerTest, IsFound) { EXPECT_FALSE(container_of(GetParam())); }

INSTANTIATE_TEST_SUITE_P(
    Paths, NoContainerTest,
    testing::Values("", "/", "/init.scope", "/user.slice/user-1000.slice/session-3.scope",
                    "/system.slice/docker.service", "/system.slice/docker-0123.scope", "/docker/",
                    "/docker/buildx", "/lxc.monitor.web", "/lxc/",
                    "/machine.slice/libpod-conmon-" + kId + ".scope",
                    "/kubepods.slice/crio-conmon-" + kId + ".scope", "/docker-" + kId.substr(1) + "g.scope",
                    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", "/kubepods/besteffort/pod" + kPod,
                    "/" + std::string(64, 'z'), "/lxc/" + std::string(300, 'x'), std::string(5000, '/') + kId,
                    "/docker/" + std::string(63, 'a'), "/docker-.scope", "/:cri-containerd:" + kId + "x"));

}  // namespace
}  // namespace tcptrail::enrich
