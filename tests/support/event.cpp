#include "support/event.h"

#include <rapidjson/error/en.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace tcptrail::test {
namespace {

rapidjson::Value::ConstMemberIterator member(const rapidjson::Value& object, std::string_view name) {
  return object.FindMember(
      rapidjson::Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
}

}  // namespace

Event::Event(std::string line) : line_(std::move(line)) {
  auto document = std::make_shared<rapidjson::Document>();
  document->Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(line_.data(),
                                                                                              line_.size());
  if (document->HasParseError()) {
    throw std::runtime_error(std::string("not JSON (") +
                             rapidjson::GetParseError_En(document->GetParseError()) + "): " + line_);
  }
  if (!document->IsObject()) throw std::runtime_error("not a JSON object: " + line_);
  json_ = std::move(document);
}

const rapidjson::Value* Event::find(std::string_view field) const {
  const auto found = member(*json_, field);
  return found == json_->MemberEnd() ? nullptr : &found->value;
}

std::string Event::text(std::string_view field) const {
  const auto* value = find(field);
  if (value == nullptr || !value->IsString()) return {};
  return {value->GetString(), value->GetStringLength()};
}

std::optional<std::int64_t> Event::number(std::string_view field) const {
  const auto* value = find(field);
  if (value == nullptr || !value->IsInt64()) return std::nullopt;
  return value->GetInt64();
}

std::vector<Event> parse_events(const std::vector<std::string>& lines) {
  std::vector<Event> events;
  events.reserve(lines.size());
  for (const auto& line : lines) events.emplace_back(line);
  return events;
}

std::vector<Event> of_kind(const std::vector<Event>& events, std::string_view kind) {
  std::vector<Event> found;
  std::copy_if(events.begin(), events.end(), std::back_inserter(found),
               [&](const Event& event) { return event.kind() == kind; });
  return found;
}

std::vector<Event> happenings(const std::vector<Event>& events) {
  std::vector<Event> found;
  std::copy_if(events.begin(), events.end(), std::back_inserter(found),
               [](const Event& event) { return event.kind() != "lost" && event.kind() != "stats"; });
  return found;
}

std::int64_t count_of(const rapidjson::Value& object, std::string_view kind) {
  const auto found = member(object, kind);
  return found != object.MemberEnd() && found->value.IsInt64() ? found->value.GetInt64() : 0;
}

}  // namespace tcptrail::test
