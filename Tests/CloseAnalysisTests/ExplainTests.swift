import Foundation
import Testing
import WSDecode

@testable import CloseAnalysis

@Suite struct ExplainTests {
  @Test func `every rule is explained in full`() {
    #expect(ExplainCatalogue.rules.map(\.topic) == FindingCatalogue.rules.map { $0.id })
    #expect(Set(ExplainCatalogue.rules.map(\.topic)).count == 26)
    for entry in ExplainCatalogue.rules {
      #expect(ExplainCatalogue.explanation(of: entry.topic) == entry)
      #expect(entry.sections.map(\.label) == ["Meaning", "On the wire", "What to do"])
      for section in entry.sections {
        #expect(section.text.hasSuffix(".") || section.text.hasSuffix("?"), "\(entry.topic)")
        #expect(section.text.count > 40 && !section.text.contains("\n"), "\(entry.topic)")
      }
      #expect(!entry.summary.hasSuffix(".") && !entry.summary.contains("\n"), "\(entry.topic)")
    }
  }

  @Test(arguments: Array(1000...1015) + [3000, 3003, 3008])
  func `every code of the registry is explained by itself`(_ code: UInt16) throws {
    let entry = try #require(ExplainCatalogue.explanation(of: "\(code)"))
    #expect(entry.title == "\(code) \(try #require(CloseCode(rawValue: code).name))")
    #expect(entry.sections.map(\.label) == ["Sent by", "On the wire", "Usual cause", "What to do"])
    let wire = try #require(entry.sections.first { $0.label == "On the wire" }).text
    #expect(wire.hasPrefix("May be sent") == CloseCode(rawValue: code).maySend)
  }

  @Test func `every other code is explained by its range`() throws {
    for code in UInt16.min...UInt16.max {
      let range = CodeExplanation.ranges.filter { $0.codes.contains(code) }
      #expect(range.count == 1)
    }
    for (code, range) in [
      (7, "0-999"), (2500, "1000-2999"), (3001, "3000-3999"), (4321, "4000-4999"), (9999, "5000-65535"),
    ] {
      let entry = try #require(ExplainCatalogue.explanation(of: "\(code)"))
      #expect(entry.title.hasPrefix("\(code) (not registered"))
      #expect(entry.sections == ExplainCatalogue.explanation(of: range)?.sections)
    }
  }

  @Test(arguments: ["", "65536", "-1", "+1000", "1006x", "١٠٠٦", "late teardown", "\u{1b}[31m"])
  func `what is no rule and no code is not explained`(_ topic: String) {
    #expect(ExplainCatalogue.explanation(of: topic) == nil)
  }

  @Test(arguments: [
    ("late-teardwn", "late-teardown"), ("idel-timeout", "idle-timeout"), ("dropped", nil),
    ("delayed", "delayed-close-drop"),
    ("LATE-TEARDOW", "late-teardown"), ("10066", "1006"), ("xyzzy", nil), ("", nil),
  ])
  func `an unknown topic brings up the nearest ones`(_ topic: String, nearest: String?) {
    let suggestions = ExplainCatalogue.suggestions(for: topic)
    #expect(suggestions.count <= 3)
    if let nearest {
      #expect(suggestions.contains(nearest), "\(suggestions)")
    } else {
      #expect(suggestions == [])
    }
  }

  @Test func `the list names every topic once`() {
    let lines = ExplainText.list().split(separator: "\n")
    for entry in ExplainCatalogue.rules + ExplainCatalogue.codes {
      #expect(lines.count { $0.hasPrefix("  \(entry.title) ") } == 1, "\(entry.title)")
    }
  }

  @Test func `explanations keep within 100 columns, but for what is to be pasted`() {
    for entry in ExplainCatalogue.rules + ExplainCatalogue.codes {
      for line in ExplainText.entry(entry).split(separator: "\n")
      where !line.hasPrefix("    ") || line.hasPrefix("     ") {
        #expect(line.count <= 100 || line.contains("type.googleapis.com") || line.contains("#"), "\(line)")
      }
    }
  }

  @Test func `every remedy that names 0s names its risk and an alternative`() {
    let remedies = ExplainCatalogue.rules.flatMap(\.remedies)
    for remedy in remedies where remedy.summary.contains("0s") || remedy.paste?.contains(": 0s") == true {
      #expect(remedy.summary.contains("the risk:"))
      #expect(remedy.summary.contains("instead") || remedy.summary.contains("alternative"))
    }
    #expect(remedies.contains { $0.summary.contains("0s") })
  }

  @Test func `an EnvoyFilter sets its field beside the type`() throws {
    let paste = try #require(Remedy.flushBeforeClose(.envoy).paste)
    let lines = paste.split(separator: "\n")
    let type = try #require(lines.first { $0.contains("@type") })
    let field = try #require(lines.first { $0.contains("delayed_close_timeout:") })
    #expect(type.prefix { $0 == " " }.count == field.prefix { $0 == " " }.count)
    #expect(lines.contains { $0.contains("# workloadSelector:") })
  }

  @Test func `the page in docs is the generator's`() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/findings.md")
    #expect(try String(contentsOf: path, encoding: .utf8) == ExplainMarkdown.page, "make docs writes it anew")
  }

  @Test func `every link in the page leads to a heading`() {
    let page = ExplainMarkdown.page
    let headings = page.split(separator: "\n").filter { $0.hasPrefix("### ") }.map { heading in
      String(
        heading.dropFirst(4).lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == " " }.map
        {
          $0 == " " ? "-" : $0
        })
    }
    let links = page.matches(of: #/\]\(#([^)]+)\)/#).map { String($0.1) }
    #expect(links.count == ExplainCatalogue.rules.count + ExplainCatalogue.codes.count)
    #expect(Set(links) == Set(headings))
  }
}
