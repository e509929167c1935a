#include "format/csv.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <memory>

#include "base/text.h"
#include "format/fields.h"

namespace tcptrail::format {
namespace {

class RowWriter {
 public:
  explicit RowWriter(std::string& out) : out_(out) {}
  ~RowWriter() { out_.append(kFieldNames.size() - 1 - column_, ','); }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  void token(std::string_view name, std::string_view text) {
    advance_to(name);
    out_ += text;
  }

  void untrusted(std::string_view name, std::string_view text) {
    advance_to(name);
    static thread_local std::string escaped;  // kept for its capacity
    escaped.clear();
    append_escaped_text(escaped, text);
    if (escaped.find_first_of(",\"") == std::string::npos) {
      out_ += escaped;
      return;
    }
    out_ += '"';
    for (const char c : escaped) out_.append(c == '"' ? 2 : 1, c);
    out_ += '"';
  }

  void number(std::string_view name, std::uint64_t value) {
    advance_to(name);
    append_number(out_, value);
  }

  void flag(std::string_view name, bool value) { token(name, value ? "true" : "false"); }

  template <typename Fields>
  void unchanging(const std::shared_ptr<const void>&, const Fields& fields) {
    fields();
  }

  // One after the other, with spaces between them.
  void texts(std::string_view name, const std::vector<std::string>& values) {
    joined_.clear();
    for (const std::string& value : values) {
      if (!joined_.empty()) joined_ += ' ';
      joined_ += value;
    }
    untrusted(name, joined_);
  }

  // "sh:12 < sshd:7"
  void ancestors(std::string_view name, const model::Ancestor& nearest) {
    joined_.clear();
    for (const auto* ancestor = &nearest; ancestor != nullptr; ancestor = ancestor->parent.get()) {
      if (!joined_.empty()) joined_ += " < ";
      joined_ += ancestor->comm.view();
      joined_ += ':';
      append_number(joined_, ancestor->pid);
    }
    untrusted(name, joined_);
  }

  void counts(std::string_view name, const model::KindCounts& counts, const model::Accounting*) {
    advance_to(name);
    const char* separator = "";
    for (std::size_t i = 0; i < model::kCountedKinds; ++i) {
      const auto kind = static_cast<model::Kind>(i);
      if (counts[kind] == 0) continue;
      fmt::format_to(std::back_inserter(out_), "{}{}={}", separator, name_of(kind), counts[kind]);
      separator = " ";
    }
  }

 private:
  // Fields come in the order of the columns, so there is only ever forward.
  void advance_to(std::string_view name) {
    while (column_ + 1 < kFieldNames.size() && kFieldNames[column_] != name) {
      ++column_;
      out_ += ',';
    }
  }

  static inline thread_local std::string joined_;  // kept for its capacity
  std::string& out_;
  std::size_t column_ = 0;
};

}  // namespace

void Csv::append_header(std::string& out) const {
  fmt::format_to(std::back_inserter(out), "{}\n", fmt::join(kFieldNames, ","));
}

void Csv::append(std::string& out, const model::Event& event) {
  if (!tells(event.kind)) return;
  {
    RowWriter row(out);
    visit_fields(event, row);
  }
  out += '\n';
}

}  // namespace tcptrail::format
