import Foundation
import TestSupport
import Testing

@testable import Capture

struct FileStatusTests {
  @Test func `a file is the same by every path, and not one that takes its name`() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.file([1, 2, 3], name: "a")
      let link = folder.path + "/b"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      let first = try #require(FileStatus(path: path))
      #expect(first.isRegular && first.isNamed && !first.isFolder && first.size == 3)
      #expect(FileStatus(path: link)?.identity == first.identity)

      let descriptor = unsafe open(path, O_RDONLY)
      defer { close(descriptor) }
      try FileManager.default.removeItem(atPath: path)
      _ = try folder.file([4], name: "a")
      #expect(FileStatus(descriptor)?.identity == first.identity)
      #expect(FileStatus(descriptor)?.isNamed == false)
      #expect(FileStatus(path: path)?.identity != first.identity)
    }
  }

  @Test func `a folder is no regular file, and nothing has no status`() throws {
    try TemporaryFolder.with { folder in
      let status = try #require(FileStatus(path: folder.path))
      #expect(status.isFolder && !status.isRegular && status.regularFile == nil)
      #expect(FileStatus(path: folder.path + "/none") == nil)
      #expect(FileStatus(-1) == nil)
    }
  }
}
