import XCTest

@testable import Core

final class StatisticsTests: XCTestCase {
    func testFiguresAreThoseOfPython() throws {
        let entries = try golden("statistics.json", as: GoldenStatistics.self).means
        XCTAssertFalse(entries.isEmpty)
        for entry in entries {
            XCTAssertEqual(Statistics.dropped(of: entry.samples.count), entry.dropped)
            XCTAssertEqual(try XCTUnwrap(Statistics.mean(of: entry.samples)), entry.mean, accuracy: 1e-9)
            let found = try XCTUnwrap(Statistics(of: entry.samples))
            let pairs = [
                ("trimmed_mean", found.trimmedMean), ("median", found.median), ("p90", found.p90), ("p99", found.p99),
                ("iqr", found.iqr),
            ]
            for (name, value) in pairs {
                XCTAssertEqual(value, try XCTUnwrap(entry.figures[name]), accuracy: 1.1e-5, name)
            }
        }
    }

    func testThereAreNoneWithoutFiniteSamples() {
        XCTAssertNil(Statistics(of: []))
        XCTAssertNil(Statistics(of: [1, .nan]))
    }

    func testACurveIsThrottledAsInPython() throws {
        for entry in try golden("statistics.json", as: GoldenStatistics.self).curves {
            var curve = SustainedCurve(seconds: 60)  // slices of a second, each of one run
            for (slice, median) in entry.medians.enumerated() {
                _ = curve.add(milliseconds: median, atS: Double(slice + 1), thermal: .nominal)
            }
            XCTAssertEqual(curve.points.map { $0.medianMs }, entry.medians)
            XCTAssertEqual(curve.throttled, entry.throttled)
        }
    }

    func testACurveThatEndsSlowerWasThrottled() {
        var curve = SustainedCurve(seconds: 10)
        var at = 0.0
        var goesOn = true
        while goesOn {
            at += 0.5
            goesOn = curve.add(milliseconds: at < 9 ? 10 : 12, atS: at, thermal: .nominal)
        }
        XCTAssertEqual(curve.points.map { $0.atS }, (1...10).map { Double($0) })
        XCTAssertEqual(curve.points.map { $0.runs }, [Int](repeating: 2, count: 10))
        XCTAssertEqual(curve.points.last?.medianMs, 12)
        XCTAssertTrue(curve.throttled)
    }
}
