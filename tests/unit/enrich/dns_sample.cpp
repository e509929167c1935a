#include "unit/enrich/dns_sample.h"

#include <ldns/ldns.h>

#include <cstdlib>
#include <stdexcept>

namespace tcptrail::test {

std::vector<std::uint8_t> dns_message(const DnsSample& sample) {
  ldns_pkt* const packet = ldns_pkt_new();
  for (int i = 0; i < sample.questions; ++i) {
    ldns_rr* const question = ldns_rr_new();
    ldns_rr_set_question(question, true);
    ldns_rr_set_owner(question, ldns_dname_new_frm_str(sample.question.c_str()));
    ldns_rr_set_type(question, static_cast<ldns_rr_type>(sample.type));
    ldns_rr_set_class(question, LDNS_RR_CLASS_IN);
    ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, question);
  }
  for (const std::string& text : sample.answers) {
    ldns_rr* record = nullptr;
    if (ldns_rr_new_frm_str(&record, text.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK)
      throw std::runtime_error("not a record: " + text);
    ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, record);
  }
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  ldns_pkt2wire(&wire, packet, &size);
  std::vector<std::uint8_t> message(wire, wire + size);
  std::free(wire);  // NOLINT(cppcoreguidelines-no-malloc): ldns gives it out so
  ldns_pkt_free(packet);
  message.at(2) = static_cast<std::uint8_t>(sample.flags >> 8);
  message.at(3) = static_cast<std::uint8_t>(sample.flags & 0xff);
  return message;
}

}  // namespace tcptrail::test
