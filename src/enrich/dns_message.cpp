#include "enrich/dns_message.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace tcptrail::enrich {
namespace {

constexpr std::size_t kMostAddresses = 64;
constexpr int kMostAliases = 16;
// What is more is left out: comparing all names would take longer than events should have to wait.
constexpr std::size_t kMostRecords = 128;
constexpr std::uint8_t kMostLabels = 40;

struct Free {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
  void operator()(ldns_rdf* name) const { ldns_rdf_deep_free(name); }
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): ldns gives its texts out so
  void operator()(char* text) const { std::free(text); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

std::string text_of(const ldns_rdf& name) {
  const Owned<ldns_rdf> copy(ldns_rdf_clone(&name));
  if (!copy) return {};
  ldns_dname2canonical(copy.get());
  const Owned<char> text(ldns_rdf2str(copy.get()));
  if (!text) return {};
  std::string plain(text.get());
  if (plain.size() > 1 && plain.back() == '.') plain.pop_back();
  return plain;
}

bool has_many_labels(const ldns_rdf& name) { return ldns_dname_label_count(&name) > kMostLabels; }

// The data of a record that has one field, as addresses and aliases do.
const ldns_rdf* only_field(const ldns_rr& record) {
  return ldns_rr_rd_count(&record) == 1 ? ldns_rr_rdf(&record, 0) : nullptr;
}

void add_address(const ldns_rr& record, std::vector<IpAddress>& addresses) {
  const ldns_rdf* const field = only_field(record);
  const std::size_t size = ldns_rr_get_type(&record) == LDNS_RR_TYPE_A ? 4 : 16;
  if (field == nullptr || ldns_rdf_size(field) != size || addresses.size() >= kMostAddresses) return;
  std::array<std::uint8_t, 16> bytes{};
  if (size == 4) bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + bytes.size() - size, ldns_rdf_data(field), size);
  addresses.emplace_back(bytes);
}

// The records of one name after the other, as its aliases lead on.
class Chain {
 public:
  Chain(const ldns_rr_list& records, const ldns_rdf& start) : records_(records), name_(&start) {}

  DnsAnswers follow() {
    answers_.ttl = UINT32_MAX;
    for (int aliases = 0; aliases <= kMostAliases && name_ != nullptr; ++aliases) name_ = take_all();
    return std::move(answers_);
  }

 private:
  // What there is of the present name; returns what it is an alias of.
  const ldns_rdf* take_all() {
    const ldns_rdf* next = nullptr;
    const std::size_t count = std::min(ldns_rr_list_rr_count(&records_), kMostRecords);
    for (std::size_t i = 0; i < count; ++i) {
      const ldns_rr& record = *ldns_rr_list_rr(&records_, i);
      if (ldns_rr_get_class(&record) != LDNS_RR_CLASS_IN || has_many_labels(*ldns_rr_owner(&record)) ||
          ldns_dname_compare(ldns_rr_owner(&record), name_) != 0)
        continue;
      const ldns_rr_type type = ldns_rr_get_type(&record);
      if (type != LDNS_RR_TYPE_A && type != LDNS_RR_TYPE_AAAA && type != LDNS_RR_TYPE_CNAME) continue;
      answers_.ttl = std::min(answers_.ttl, ldns_rr_ttl(&record));
      if (type != LDNS_RR_TYPE_CNAME) {
        add_address(record, answers_.addresses);
      } else if (next == nullptr) {
        next = only_field(record);
      }
    }
    return next;
  }

  const ldns_rr_list& records_;
  const ldns_rdf* name_;
  DnsAnswers answers_;
};

}  // namespace

DnsAnswers parse_dns(std::span<const std::uint8_t> message) {
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, message.data(), message.size()) != LDNS_STATUS_OK) return {};
  const Owned<ldns_pkt> packet(parsed);
  const ldns_rr_list* const questions = ldns_pkt_question(packet.get());
  const ldns_rr_list* const records = ldns_pkt_answer(packet.get());
  if (!ldns_pkt_qr(packet.get()) || ldns_pkt_get_rcode(packet.get()) != LDNS_RCODE_NOERROR ||
      ldns_rr_list_rr_count(questions) != 1)
    return {};
  const ldns_rr& question = *ldns_rr_list_rr(questions, 0);
  if (ldns_rr_get_class(&question) != LDNS_RR_CLASS_IN || has_many_labels(*ldns_rr_owner(&question)))
    return {};
  DnsAnswers answers = Chain(*records, *ldns_rr_owner(&question)).follow();
  if (answers.addresses.empty()) return {};
  answers.name = text_of(*ldns_rr_owner(&question));
  return answers;
}

}  // namespace tcptrail::enrich
