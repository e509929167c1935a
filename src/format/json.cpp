#include "format/json.h"

#include <rapidjson/writer.h>

#include "base/text.h"
#include "format/fields.h"

namespace tcptrail::format {
namespace {

using model::Kind;
using model::KindCounts;

// RapidJSON's output stream over a string.
struct StringStream {
  using Ch = char;
  std::string& out;
  void Put(char c) { out.push_back(c); }
  void Flush() {}
};

class FieldWriter {
 public:
  explicit FieldWriter(std::string& out) : stream_{out}, writer_(stream_) { writer_.StartObject(); }
  ~FieldWriter() { writer_.EndObject(); }
  FieldWriter(const FieldWriter&) = delete;
  FieldWriter& operator=(const FieldWriter&) = delete;

  void token(std::string_view name, std::string_view text) {
    key(name);
    string(text);
  }

  void untrusted(std::string_view name, std::string_view text) {
    static thread_local std::string escaped;
    escaped.clear();
    append_json_string(escaped, text);
    key(name);
    writer_.RawValue(escaped.data(), escaped.size(), rapidjson::kStringType);
  }

  void number(std::string_view name, std::uint64_t value) {
    key(name);
    writer_.Uint64(value);
  }

  void flag(std::string_view name, bool value) {
    key(name);
    writer_.Bool(value);
  }

  // Of the kinds that were asked for, else of those that are not zero.
  void counts(std::string_view name, const KindCounts& counts, const model::Accounting* asked) {
    key(name);
    writer_.StartObject();
    if (asked != nullptr) {
      for (const Kind kind : model::shown_kinds(*asked)) number(name_of(kind), counts[kind]);
    } else {
      for (std::size_t i = 0; i < model::kCountedKinds; ++i) {
        const auto kind = static_cast<Kind>(i);
        if (counts[kind] != 0) number(name_of(kind), counts[kind]);
      }
    }
    writer_.EndObject();
  }

 private:
  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void string(std::string_view text) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }

  StringStream stream_;
  rapidjson::Writer<StringStream> writer_;
};

}  // namespace

void Json::append(std::string& out, const model::Event& event) {
  {
    FieldWriter writer(out);
    visit_fields(event, writer);
  }
  out += '\n';
}

}  // namespace tcptrail::format
