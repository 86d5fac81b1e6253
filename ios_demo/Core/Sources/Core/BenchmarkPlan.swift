import Foundation

/// How one run measures: the paper's protocol, or a first look.
public struct BenchmarkPlan: Equatable, Sendable {
    public let iterations: Int  // timed ones, of each model on each kind of processor at each size
    public let warmUps: Int
    public let sustainedSeconds: Double
    public let quick: Bool
    public let pauseSeconds = 0.01  // between two turns: worker threads of the one before fall asleep

    public static let paper = BenchmarkPlan(iterations: 1000, warmUps: 3, sustainedSeconds: 300, quick: false)
    public static let firstLook = BenchmarkPlan(iterations: 20, warmUps: 1, sustainedSeconds: 0, quick: true)

    /// The sizes to time, small ones first: those that a model lists, without portraits, which cost what landscapes do.
    public func sizes(for facts: ModelFacts) -> [Sides] {
        let free = [256, 512].map { Sides(height: $0, width: $0) } + [Sides(height: 720, width: 1280)]
        let all = facts.sizes.isEmpty ? free : facts.sizes.filter { $0.width >= $0.height }
        let sorted = (all.isEmpty ? facts.sizes : all).sorted { $0.area < $1.area }
        return quick ? Array(sorted.prefix(2)) : sorted
    }
}

/// What one system did: milliseconds of each timed turn, or why there are none.
public struct Timing: Equatable, Sendable {
    public var samples: [Double] = []
    public var failure: String?

    public init() {}
}

/// Times every system `plan.iterations` times after `plan.warmUps` untimed turns; one result for each system.
///
/// In each round all have one turn, in a random order: a phone that heats up slows all alike. `turn` runs a system, by
/// its number, once and gives its milliseconds; one that throws drops out with its reason, the others go on.
/// `afterRound` is told how many rounds of how many are done, and ends all by throwing.
public func takeTurns<Randomness: RandomNumberGenerator>(
    systems: Int, plan: BenchmarkPlan, random: inout Randomness, turn: (Int) throws -> Double,
    afterRound: (Int, Int) throws -> Void
) rethrows -> [Timing] {
    var timings = [Timing](repeating: Timing(), count: systems)
    for round in 0..<(plan.warmUps + plan.iterations) {
        for system in Array(0..<systems).shuffled(using: &random) where timings[system].failure == nil {
            do {
                let milliseconds = try turn(system)
                if round >= plan.warmUps { timings[system].samples.append(milliseconds) }
            } catch {
                timings[system].failure = error.localizedDescription
            }
        }
        try afterRound(round + 1, plan.warmUps + plan.iterations)
    }
    return timings
}
