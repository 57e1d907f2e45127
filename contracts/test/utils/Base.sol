// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The cheat codes these tests use, by their names in the Foundry book.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 key) external pure returns (address);
    function assertEq(uint256 left, uint256 right) external pure;
    function assertEq(bytes32 left, bytes32 right) external pure;
    function assertEq(address left, address right) external pure;
    function assertEq(bool left, bool right) external pure;
    function assertTrue(bool condition) external pure;
    function assertTrue(bool condition, string calldata why) external pure;
    function assertLe(uint256 left, uint256 right) external pure;
    function chainId(uint256 id) external;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function eip712HashTypedData(string calldata json) external pure returns (bytes32);
    function envOr(string calldata name, bool fallbackValue) external view returns (bool);
    function envOr(string calldata name, string calldata fallbackValue) external view returns (string memory);
    function etch(address target, bytes calldata code) external;
    function expectCall(address target, bytes calldata data, uint64 count) external;
    function expectEmit(address emitter) external;
    function expectRevert(bytes calldata revertData) external;
    function expectRevert(bytes4 selector) external;
    function expectRevert() external;
    function getNonce(address account) external view returns (uint64);
    function getRecordedLogs() external returns (Log[] memory);
    function pauseGasMetering() external;
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function prank(address sender) external;
    function readFile(string calldata path) external view returns (string memory);
    function recordLogs() external;
    function resumeGasMetering() external;
    function revertToState(uint256 snapshot) external returns (bool);
    function roll(uint256 blockNumber) external;
    function setBlockhash(uint256 blockNumber, bytes32 blockHash) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function snapshotGasLastCall(string calldata group, string calldata name) external returns (uint256);
    function snapshotState() external returns (uint256);
    function split(string calldata text, string calldata by) external pure returns (string[] memory parts);
    function store(address target, bytes32 slot, bytes32 value) external;
    function toString(address value) external pure returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
    function toString(bytes32 value) external pure returns (string memory);
    function warp(uint256 second) external;
    function writeLine(string calldata path, string calldata line) external;
}

/// @notice All that these tests need of a test framework.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Folds a fuzzed number into [min, max].
    function bound(uint256 x, uint256 min, uint256 max) internal pure returns (uint256) {
        return x >= min && x <= max ? x : max - min == type(uint256).max ? x : min + x % (max - min + 1);
    }

    /// @dev A deployed contract: this build's, or, with SHIPPED=true, the one in artifacts/.
    function deploy(string memory name, bytes memory built, bytes memory arguments) internal returns (address) {
        return vm.envOr("SHIPPED", false) ? deployShipped(name, arguments) : deployCode(bytes.concat(built, arguments));
    }

    function deployShipped(string memory name, bytes memory arguments) internal returns (address) {
        string memory artifact = vm.readFile(string.concat("artifacts/", name, ".json"));
        return deployCode(bytes.concat(vm.parseJsonBytes(artifact, ".bytecode"), arguments));
    }

    function deployCode(bytes memory code) private returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        vm.assertTrue(deployed != address(0), "not deployed");
    }
}
