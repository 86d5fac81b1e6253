import Core
import UIKit

extension ThermalLevel {
    /// What iOS says of the phone's heat now.
    static var now: ThermalLevel {
        switch ProcessInfo.processInfo.thermalState {
        case .nominal: return .nominal
        case .fair: return .light
        case .serious: return .severe
        case .critical: return .critical
        @unknown default: return .critical
        }
    }
}

/// This phone, as benchmarks/schema.json describes it.
enum Device {
    static var hardware: Hardware {
        let process = ProcessInfo.processInfo
        let memory = Int(clamping: process.physicalMemory)
        return Hardware(
            device: name, instructions: instructions, cores: process.activeProcessorCount, memoryBytes: memory)
    }

    /// Nil where the system does not say: an older iOS, or a simulator on an Intel Mac.
    private static var instructions: [String]? {
        guard let dotProducts = has("FEAT_DotProd") else { return nil }
        let listed = [("asimddp", dotProducts), ("i8mm", has("FEAT_I8MM") ?? false)]
        return ["asimd"] + listed.filter { $0.1 }.map { $0.0 }
    }

    /// Whether the processor has a feature of ARM's, by the name that the kernel gives it.
    private static func has(_ feature: String) -> Bool? {
        var value: Int32 = 0
        var size = MemoryLayout<Int32>.size
        guard sysctlbyname("hw.optional.arm.\(feature)", &value, &size, nil, 0) == 0 else { return nil }
        return value != 0
    }

    static var system: OperatingSystem {
        let version = ProcessInfo.processInfo.operatingSystemVersion
        let text = "\(version.majorVersion).\(version.minorVersion).\(version.patchVersion)"
        #if arch(arm64)
            let architecture = "arm64"
        #else
            let architecture = "x86_64"
        #endif
        return OperatingSystem(name: "iOS", version: text, architecture: architecture)
    }

    static var appVersion: String {
        Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String ?? "unknown"
    }

    /// Apple's own, iPhone17,1; of a simulator what it stands for, and that it is one.
    private static var name: String {
        if let simulated = ProcessInfo.processInfo.environment["SIMULATOR_MODEL_IDENTIFIER"] {
            return "\(simulated) (simulator)"
        }
        var info = utsname()
        uname(&info)
        return withUnsafeBytes(of: info.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Heat, battery and charger, `atS` seconds after the start of a run.
    @MainActor
    static func reading(atS: Double) -> Reading {
        let device = UIDevice.current
        device.isBatteryMonitoringEnabled = true
        let known = device.batteryState != .unknown && device.batteryLevel >= 0
        return Reading(
            atS: atS, thermal: .now, batteryPercent: known ? Double(device.batteryLevel * 100).rounded() : nil,
            charging: known ? device.batteryState != .unplugged : nil)
    }
}
