#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "support/net_namespace.h"

namespace tcptrail::test {
namespace {

// A request under construction. Sizes are patched when a nested attribute ends.
class LinkRequest {
 public:
  LinkRequest() {
    header_at(0)->nlmsg_type = RTM_NEWLINK;
    header_at(0)->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
    size_ = NLMSG_LENGTH(sizeof(ifinfomsg));
  }

  void add(unsigned short type, const void* value, std::size_t length) {
    const std::size_t start = begin(type);
    std::memcpy(buffer_.data() + size_, value, length);
    size_ += length;
    end(start);
  }

  void add(unsigned short type, const std::string& text) { add(type, text.c_str(), text.size() + 1); }

  std::size_t begin(unsigned short type) {
    const std::size_t start = size_;
    rtattr attribute{0, type};
    std::memcpy(buffer_.data() + start, &attribute, sizeof attribute);
    size_ += RTA_LENGTH(0);
    return start;
  }

  void skip(std::size_t length) { size_ += length; }

  void end(std::size_t start) {
    const auto length = static_cast<unsigned short>(size_ - start);
    std::memcpy(buffer_.data() + start, &length, sizeof length);
    size_ = start + RTA_ALIGN(length);
  }

  // The kernel's answer: 0 or an errno.
  int send(int netlink) {
    header_at(0)->nlmsg_len = static_cast<__u32>(size_);
    check(::send(netlink, buffer_.data(), size_, 0), "asking for a veth pair");
    alignas(nlmsghdr) std::array<char, 4096> answer{};
    check(::recv(netlink, answer.data(), answer.size(), 0), "the answer about a veth pair");
    nlmsgerr error{};
    std::memcpy(&error, answer.data() + NLMSG_HDRLEN, sizeof error);
    return -error.error;
  }

 private:
  nlmsghdr* header_at(std::size_t offset) { return reinterpret_cast<nlmsghdr*>(buffer_.data() + offset); }

  alignas(nlmsghdr) std::array<char, 1024> buffer_{};
  std::size_t size_ = 0;
};

}  // namespace

void connect_with_veth(const TestNamespace& near, const TestNamespace& far, const std::string& near_name,
                       const std::string& far_name) {
  near.run([&] {
    const UniqueFd netlink(
        check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "a netlink socket"));
    const int far_fd = far.descriptor();
    LinkRequest request;
    request.add(IFLA_IFNAME, near_name);
    const std::size_t info = request.begin(IFLA_LINKINFO);
    request.add(IFLA_INFO_KIND, "veth");
    const std::size_t data = request.begin(IFLA_INFO_DATA);
    const std::size_t peer = request.begin(VETH_INFO_PEER);
    request.skip(sizeof(ifinfomsg));
    request.add(IFLA_IFNAME, far_name);
    request.add(IFLA_NET_NS_FD, &far_fd, sizeof far_fd);
    request.end(peer);
    request.end(data);
    request.end(info);
    if ((errno = request.send(netlink.get())) != 0) throw_errno("making a veth pair");
  });
  near.bring_up(near_name);
  far.bring_up(far_name);
  near.wait_until_running(near_name);
  far.wait_until_running(far_name);
}

}  // namespace tcptrail::test
