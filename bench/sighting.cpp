#include "sighting.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

namespace tcptrail::bench {
namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

int number_in(const std::string& word) { return std::atoi(word.c_str()); }

// An address may be in brackets, and that of an IPv6 socket which speaks IPv4 in either form.
std::string plain_ip(std::string ip) {
  constexpr std::string_view kMapped = "::ffff:";
  std::erase_if(ip, [](char c) { return c == '[' || c == ']'; });
  return ip.starts_with(kMapped) ? ip.substr(kMapped.size()) : ip;
}

struct Column {
  const char* name;
  void (*note)(Sighting& sighting, const std::string& word);
};

void note_local_ip(Sighting& sighting, const std::string& word) { sighting.local_ip = plain_ip(word); }
void note_remote_ip(Sighting& sighting, const std::string& word) { sighting.remote_ip = plain_ip(word); }
void note_local_port(Sighting& sighting, const std::string& word) {
  sighting.local_port = static_cast<std::uint16_t>(number_in(word));
}
void note_remote_port(Sighting& sighting, const std::string& word) {
  sighting.remote_port = static_cast<std::uint16_t>(number_in(word));
}

// C: a process connected, A: accepted, X: closed.
void note_type(Sighting& sighting, const std::string& word) {
  sighting.established = word == "C" || word == "A";
  sighting.ended = word == "X";
}

// These two columns come in this order.
void note_old_state(Sighting& sighting, const std::string& word) { sighting.failed = word == "SYN_SENT"; }
void note_new_state(Sighting& sighting, const std::string& word) {
  sighting.failed = sighting.failed && word == "CLOSE";
  sighting.established = word == "ESTABLISHED";
  sighting.ended = word == "CLOSE" && !sighting.failed;
  if (word == "FIN_WAIT1" || word == "CLOSE_WAIT") sighting.cause = "fin";
}

// Only tools that print a connection when it is over count its bytes.
void note_sent(Sighting& sighting, const std::string& word) {
  sighting.byte_unit = 1024;
  sighting.bytes_out = std::atof(word.c_str()) * sighting.byte_unit;
  sighting.ended = true;
}
void note_received(Sighting& sighting, const std::string& word) {
  sighting.bytes_in = std::atof(word.c_str()) * sighting.byte_unit;
}

const std::array kColumns{
    Column{"PID", [](Sighting& sighting, const std::string& word) { sighting.pid = number_in(word); }},
    Column{"T", note_type},
    Column{"SADDR", note_local_ip},
    Column{"LADDR", note_local_ip},
    Column{"DADDR", note_remote_ip},
    Column{"RADDR", note_remote_ip},
    Column{"SPORT", note_local_port},
    Column{"LPORT", note_local_port},
    Column{"DPORT", note_remote_port},
    Column{"RPORT", note_remote_port},
    Column{"OLDSTATE", note_old_state},
    Column{"NEWSTATE", note_new_state},
    Column{"TX_KB", note_sent},
    Column{"RX_KB", note_received},
};

Sighting read_row(const std::vector<std::string>& columns, const std::vector<std::string>& words) {
  Sighting sighting;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto known = std::find_if(kColumns.begin(), kColumns.end(),
                                    [&](const Column& column) { return columns[i] == column.name; });
    if (known != kColumns.end()) known->note(sighting, words[i]);
  }
  return sighting;
}

bool is_header(const std::vector<std::string>& words) {
  const auto has = [&](const char* name) {
    return std::find(words.begin(), words.end(), name) != words.end();
  };
  return has("PID") && (has("DADDR") || has("RADDR"));
}

class Members {
 public:
  explicit Members(const rapidjson::Value& object) : object_(object) {}
  [[nodiscard]] std::string text(const char* name) const {
    const auto member = object_.FindMember(name);
    return member != object_.MemberEnd() && member->value.IsString() ? member->value.GetString() : "";
  }
  template <typename Number>
  [[nodiscard]] std::optional<Number> number(const char* name) const {
    const auto member = object_.FindMember(name);
    if (member == object_.MemberEnd() || !member->value.IsNumber()) return std::nullopt;
    return static_cast<Number>(member->value.GetDouble());
  }

 private:
  const rapidjson::Value& object_;
};

std::optional<Sighting> read_object(std::string_view line) {
  rapidjson::Document document;
  document.Parse(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const Members members(document);
  const auto event = members.text("event");
  if (members.text("remote_ip").empty()) return std::nullopt;
  Sighting sighting{.pid = members.number<int>("pid"),
                    .local_ip = members.text("local_ip"),
                    .remote_ip = members.text("remote_ip"),
                    .local_port = members.number<std::uint16_t>("local_port"),
                    .remote_port = members.number<std::uint16_t>("remote_port"),
                    .established = event == "connect" || event == "accept" || event == "close",
                    .failed = event == "fail",
                    .ended = event == "close",
                    .cause = members.text("end"),
                    .bytes_out = members.number<double>("bytes_out"),
                    .bytes_in = members.number<double>("bytes_in")};
  if (sighting.failed)
    sighting.cause = members.text("error").empty() ? members.text("reason") : members.text("error");
  return sighting;
}

}  // namespace

std::optional<Sighting> SightingReader::read(std::string_view line) {
  if (line.starts_with('{')) return read_object(line);
  auto words = words_of(line);
  if (is_header(words)) {
    columns_ = std::move(words);
    return std::nullopt;
  }
  if (columns_.empty() || words.size() != columns_.size()) return std::nullopt;
  return read_row(columns_, words);
}

}  // namespace tcptrail::bench
