#pragma once
// One line of `-o json`, read back.

#include <rapidjson/document.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcptrail::test {

class Event {
 public:
  explicit Event(std::string line);  // throws std::runtime_error if it is not one JSON object

  const std::string& line() const { return line_; }
  const rapidjson::Value& json() const { return *json_; }
  const rapidjson::Value* find(std::string_view field) const;  // nullptr if absent
  bool has(std::string_view field) const { return find(field) != nullptr; }

  // Absent or of another type: empty, nothing.
  std::string text(std::string_view field) const;
  std::optional<std::int64_t> number(std::string_view field) const;
  std::string kind() const { return text("event"); }

 private:
  std::string line_;
  std::shared_ptr<const rapidjson::Document> json_;
};

std::vector<Event> parse_events(const std::vector<std::string>& lines);
std::vector<Event> of_kind(const std::vector<Event>& events, std::string_view kind);
// Without `lost` and `stats`, which are about the stream and not of it.
std::vector<Event> happenings(const std::vector<Event>& events);

// An accounting object as {"connect":3,…}: kind → number; 0 for a kind that is not in it.
std::int64_t count_of(const rapidjson::Value& object, std::string_view kind);

}  // namespace tcptrail::test
